using System.Text.Json;
using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>One thing that a watch was told.</summary>
/// <param name="Key">The key; without value and creation where it was deleted.</param>
/// <param name="IsDeleted">Whether it is gone.</param>
internal readonly record struct WatchEvent(KeyValue Key, bool IsDeleted);

/// <summary>A watch under way: one request whose answer does not end.</summary>
internal sealed class WatchStream : IDisposable
{
    private readonly EtcdCalls _calls;
    private readonly Action<WatchEvent> _heard;
    private readonly Action _ended;

    /// <summary>Never disposed, because it may be cancelled while the watch ends by itself; its tie to the line is undone instead.</summary>
    private readonly CancellationTokenSource _ending = new();

    private readonly CancellationTokenRegistration _line;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile StoreUnavailableException? _trouble;
    private volatile bool _hasEnded;

    private WatchStream(EtcdCalls calls, Action<WatchEvent> heard, Action ended)
    {
        _calls = calls;
        _heard = heard;
        _ended = ended;
        _line = calls.Line.UnsafeRegister(static ending => _ = ((CancellationTokenSource)ending!).CancelAsync(), _ending);
    }

    /// <summary>Whether nothing will be heard any more.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Why it ended.</summary>
    public StoreUnavailableException Trouble => _trouble ?? _calls.WatchEnded(null);

    /// <summary>Watches the keys that begin so, from now on.</summary>
    public static WatchStream OfAll(EtcdCalls calls, string prefix, Action<WatchEvent> heard, Action ended)
    {
        var stream = new WatchStream(calls, heard, ended);
        _ = stream.RunAsync(Txn.RangeOf(prefix));
        return stream;
    }

    /// <summary>Watches the keys that begin so, from a revision on; from now on where that is 0.</summary>
    public static WatchStream OfAll(EtcdCalls calls, string prefix, long revision, Action<WatchEvent> heard, Action ended)
    {
        var stream = new WatchStream(calls, heard, ended);
        var watch = Txn.RangeOf(prefix);
        watch["start_revision"] = Txn.Text(revision);
        _ = stream.RunAsync(watch);
        return stream;
    }

    /// <summary>Watches for the end of one key, from a revision on.</summary>
    public static WatchStream OfEnd(EtcdCalls calls, string key, long revision, Action<WatchEvent> heard, Action ended)
    {
        var stream = new WatchStream(calls, heard, ended);
        var watch = Txn.Range(key);
        (watch["start_revision"], watch["filters"]) = (Txn.Text(revision), new JsonArray("NOPUT"));
        _ = stream.RunAsync(watch);
        return stream;
    }

    /// <summary>Returns when the server watches: whatever changes from now on is heard.</summary>
    public Task BegunAsync(CancellationToken cancellationToken) => _begun.Task.WaitAsync(cancellationToken);

    public void Dispose()
    {
        if (!_hasEnded)
            _ = _ending.CancelAsync();
    }

    private async Task RunAsync(JsonObject watch)
    {
        try
        {
            using var lines = await _calls.OpenAsync("watch", new JsonObject { ["create_request"] = watch }, _ending.Token);
            while (await lines.ReadLineAsync(_ending.Token) is { } line)
            {
                if (line.Length > 0)
                    Hear(line);
            }
        }
        catch (StoreUnavailableException exception)
        {
            _trouble = exception;
        }
        catch (Exception exception) when (EtcdTrouble.Explains(exception) || exception is OperationCanceledException)
        {
            _trouble = _calls.WatchEnded(exception.GetType().Name);
        }
        catch (Exception exception)
        {
            // Whatever else it was: a watch that ends without saying so is waited for by its listeners for ever.
            _trouble = _calls.WatchEnded(exception.GetType().Name);
        }

        _line.Unregister();
        _hasEnded = true;
        _begun.TrySetException(Trouble);
        _ = _begun.Task.Exception; // Nobody may be waiting for the begin.
        _ended();
    }

    private void Hear(string line)
    {
        using var json = JsonDocument.Parse(line);
        if (!json.RootElement.TryGetProperty("result", out var result))
            throw _calls.WatchEnded(json.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var words) ? $"{words}" : null);
        if (result.TryGetProperty("canceled", out var cancelled) && cancelled.GetBoolean())
        {
            if (KeyValue.Whole(result, "compact_revision") == 0)
                _calls.ForgetToken();
            throw _calls.WatchEnded(result.TryGetProperty("cancel_reason", out var reason) ? $"{reason}" : "its history is compacted");
        }

        if (result.TryGetProperty("created", out var created) && created.GetBoolean())
            _begun.TrySetResult();
        if (!result.TryGetProperty("events", out var events))
            return;
        foreach (var told in events.EnumerateArray())
        {
            var deleted = told.TryGetProperty("type", out var type) && type.GetString() == "DELETE";
            _heard(new WatchEvent(KeyValue.Parse(told.GetProperty("kv")), deleted));
        }
    }
}
