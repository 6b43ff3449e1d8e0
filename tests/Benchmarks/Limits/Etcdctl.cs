using System.Diagnostics;
using System.Threading.Channels;
using AspireElection.AppHost.Servers;
using AspireElection.Benchmarks.Limits.Stands;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Benchmarks.Limits;

/// <summary>
/// Two <c>etcdctl elect</c>: the leader gets SIGINT, gives its key back and ends; the other prints that it leads. It
/// stamps nothing, so the instants are those of the signal sent and of the line read.
/// </summary>
internal sealed class Etcdctl(string program, string endpoint) : Contestant
{
    private const string Election = "etcdctl";
    private const int Interrupt = 2;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    private readonly EtcdCalls _look = new(EtcdOptions.Parse(endpoint), BootClock.Instance);
    private Elector? _leads;
    private Elector? _waits;

    /// <summary>Where it is; null where the machine has none.</summary>
    public static string? Find() => ServerExecutable.Find("etcdctl")?.Path;

    protected override bool IsReady => _waits is not null;

    protected override async Task ReadyAsync()
    {
        if (_leads is null)
        {
            _leads = new Elector(program, endpoint);
            await _leads.LeadsAsync();
        }

        _waits = new Elector(program, endpoint);
        var end = Stamps.Now + (long)s_bound.TotalNanoseconds;
        while ((await _look.AskAsync("kv/range", Txn.RangeOf(EtcdKeys.Line(Election)), s_bound, CancellationToken.None)).Keys.Count < 2)
        {
            if (Stamps.Now > end)
                throw new TimeoutException("etcdctl elect does not line up");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    protected override async Task<double> RoundAsync()
    {
        var at = Stamps.Now;
        Signal.Send(_leads!.Id, Interrupt);
        var heardAt = await _waits!.LeadsAsync();
        await _leads.DisposeAsync();
        (_leads, _waits) = (_waits, null);
        return (heardAt - at) / 1e6;
    }

    protected override async ValueTask ResetAsync()
    {
        var (leads, waits) = (_leads, _waits);
        (_leads, _waits) = (null, null);
        foreach (var elector in (Elector?[])[leads, waits])
        {
            if (elector is not null)
                await elector.DisposeAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await ResetAsync();
        _look.Dispose();
    }

    private sealed class Elector : IAsyncDisposable
    {
        /// <summary>It becomes etcdctl, beside a process that kills it where this program ends without a word.</summary>
        private const string Guarded = "exec 3<&0; (read -r _ <&3 || kill -9 $$) > /dev/null 2>&1 & exec \"$@\" < /dev/null 3<&-";

        private readonly Process _process;
        private readonly Channel<long> _heard = Channel.CreateUnbounded<long>();

        public Elector(string program, string endpoint)
        {
            _process = Process.Start(new ProcessStartInfo("sh", ["-c", Guarded, "sh", program, "--endpoints", endpoint, "elect", Election, "somebody"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ETCDCTL_API"] = "3" },
            })!;
            _process.OutputDataReceived += (_, line) =>
            {
                if (line.Data is { Length: > 0 })
                    _heard.Writer.TryWrite(Stamps.Now);
            };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public int Id => _process.Id;

        /// <summary>When its first line was read.</summary>
        public async Task<long> LeadsAsync()
        {
            using var limit = new CancellationTokenSource(s_bound);
            try
            {
                return await _heard.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException("etcdctl elect does not say that it leads", exception);
            }
        }

        public async ValueTask DisposeAsync()
        {
            // Who was interrupted ends by itself, and gives its lease back: it gets the time for that.
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            Signal.Send(_process.Id, Interrupt);
            try
            {
                await _process.WaitForExitAsync(grace.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync();
            }

            // Before its number is another's: the guard shall kill nobody.
            await _process.StandardInput.WriteLineAsync();
            await _process.StandardInput.FlushAsync();
            _process.Dispose();
        }
    }
}
