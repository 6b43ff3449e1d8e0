using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace AspireElection.Benchmarks.Limits.Stands;

/// <summary>A bare stand in a process as large as a worker: a web server runs in it, and it has used its memory.</summary>
internal sealed class BareInWebProcess : IStand
{
    /// <summary>The working set of a worker that has run for a while.</summary>
    private const long Size = 110L << 20;

    private readonly IStand _bare;
    private readonly WebApplication _web;
    private readonly byte[] _used;

    private BareInWebProcess(IStand bare, WebApplication web, byte[] used) => (_bare, _web, _used) = (bare, web, used);

    public static async Task<IStand> OpenAsync(IStand bare)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        await web.StartAsync();
        var used = new byte[Math.Max(0, Size - Environment.WorkingSet)];
        Array.Fill(used, (byte)1);
        return new BareInWebProcess(bare, web, used);
    }

    public Task StandAsync() => _bare.StandAsync();

    public Task ResignAsync() => _bare.ResignAsync();

    public async ValueTask DisposeAsync()
    {
        GC.KeepAlive(_used);
        await _web.DisposeAsync();
        await _bare.DisposeAsync();
    }
}
