using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AspireElection.ServiceDefaults.Settings;
using AspireElection.Workers;

namespace AspireElection.Dashboard;

/// <summary>The dashboard as a process: where it cannot listen.</summary>
public sealed class DashboardProcessTests
{
    [Theory]
    [InlineData("--port PORT", null, "--port")]
    [InlineData("--urls http://127.0.0.1:PORT", null, "--urls")]
    [InlineData("", "ASPNETCORE_URLS=http://127.0.0.1:PORT", "ASPNETCORE_URLS")]
    public async Task A_port_that_is_taken_is_one_line_with_its_setting_and_code_1(string flags, string? variable, string source)
    {
        using var folder = new LockFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        var program = Path.Combine(AppContext.BaseDirectory, "Dashboard.dll");
        await using var dashboard = new WorkerProcess(
            // Elsewhere than among the tests: the settings of the workers' log lie there.
            new ProcessStartInfo("dotnet", $"\"{program}\" --lock-dir \"{folder.Path}\" {Given(flags)}") { WorkingDirectory = Path.GetTempPath() },
            variable is null ? [] : [Given(variable)]);
        Assert.Equal(1, await dashboard.EndAsync());
        Assert.StartsWith($"{source}: cannot listen on http://127.0.0.1:{port}: ", Assert.Single(dashboard.Errors), StringComparison.Ordinal);
        Assert.Empty(dashboard.Output);

        string Given(string text) => text.Replace("PORT", port, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied)]
    [InlineData(SocketError.AddressNotAvailable)]
    [InlineData(SocketError.AddressFamilyNotSupported)]
    public void What_the_system_refuses_otherwise_is_told_as_a_port_that_is_taken(SocketError error)
    {
        var refused = new SocketException((int)error);
        Assert.Equal(
            $"--port: cannot listen on http://127.0.0.1:80: {refused.Message}; choose another port, or 0 for a free one",
            ListenUrls.Refused("--port", "http://127.0.0.1:80", refused));
        Assert.Null(ListenUrls.Refused("--port", "http://127.0.0.1:80", new InvalidOperationException("another reason")));
    }
}
