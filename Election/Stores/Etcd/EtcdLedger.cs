using System.Text.Json;

namespace AspireElection.Stores.Etcd;

/// <summary>What leaders write down: a key for each value and for each log, checked and written in one step.</summary>
internal sealed class EtcdLedger(EtcdCalls calls)
{
    /// <summary>Each round that fails was overtaken by a write of somebody else.</summary>
    private const int MostRounds = 100;

    /// <summary>What a leader leaves as it ends: on its way beside the release, which may name the next term already.</summary>
    private const string Farewell = "handover";

    public async ValueTask<IReadOnlyDictionary<string, string>> ReadAsync(
        string election, string prefix, CancellationToken cancellationToken)
    {
        var root = EtcdKeys.Ledger(election);
        var answer = await calls.AskAsync("kv/range", Txn.RangeOf(root + prefix), EtcdCalls.LongestWait, cancellationToken);
        return answer.Keys.ToDictionary(k => k.Key[root.Length..], k => k.Value, StringComparer.Ordinal);
    }

    public async ValueTask WriteAsync(Term term, string key, string value, CancellationToken cancellationToken) =>
        await WriteAsync(term, EtcdKeys.Ledger(term.Election) + key, _ => value, repeatable: true, cancellationToken);

    public async ValueTask AppendAsync(Term term, string log, string entry, int keep, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keep);
        await WriteAsync(
            term,
            EtcdKeys.Log(term.Election, log),
            before => JsonSerializer.Serialize(Entries(before).Append(entry).TakeLast(keep)),
            repeatable: false,
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<string>> ReadLogAsync(string election, string log, CancellationToken cancellationToken)
    {
        var answer = await calls.AskAsync("kv/range", Txn.Range(EtcdKeys.Log(election, log)), EtcdCalls.LongestWait, cancellationToken);
        return Entries(answer.Keys.FirstOrDefault().Value);
    }

    /// <summary>Writes what follows from what is there, while no newer term has written.</summary>
    private async ValueTask WriteAsync(
        Term term, string target, Func<string?, string> value, bool repeatable, CancellationToken cancellationToken)
    {
        var fenceKey = EtcdKeys.Fence(term.Election);
        var own = new Fence(term.Token, term.Candidate).ToString();
        var farewell = EtcdKeys.Ledger(term.Election) + Farewell;
        var isFarewell = target == farewell || target.StartsWith(farewell + "/", StringComparison.Ordinal);
        var look = new Txn().Then(Txn.Get(fenceKey), Txn.Get(target));
        var seen = await calls.AskAsync("kv/txn", look.Body, EtcdCalls.LongestWait, cancellationToken);
        for (var round = 1; round <= MostRounds; round++)
        {
            var (fence, before) = (seen.KeysOf(0).FirstOrDefault(), seen.KeysOf(1).FirstOrDefault());
            var refused = Fence.Parse(fence.Value) is { } held && held.Refuses(term) ? held : (Fence?)null;
            if (refused is { } newer && !(isFarewell && newer.Follows(term)))
                throw new StaleTermException(term);
            var write = new Txn()
                .IfModified(fenceKey, fence.Modified)
                // A write that hung at one member and was done through another may come again after later ones.
                .IfModified(target, before.Modified)
                .Then(Txn.Put(target, value(before.Value)))
                .Else(Txn.Get(fenceKey), Txn.Get(target));
            if (refused is null && fence.Value != own)
                write.Then(Txn.Put(fenceKey, own));
            seen = await calls.AskAsync("kv/txn", write.Body, EtcdCalls.LongestWait, cancellationToken, repeatable);
            if (seen.Succeeded)
                return;
        }

        throw new StoreUnavailableException(
            $"etcd: a write under election '{term.Election}' was overtaken {MostRounds} times; look who else writes there");
    }

    private static List<string> Entries(string? log) => log is { Length: > 0 } ? JsonSerializer.Deserialize<List<string>>(log)! : [];
}
