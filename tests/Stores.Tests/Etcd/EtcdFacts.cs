using System.Text.Json.Nodes;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Timing;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>What tests ask of an etcd besides what its store does.</summary>
internal static class EtcdFacts
{
    public static EtcdStore Store(EtcdServer server) => new(EtcdOptions.Parse(server.ConnectionString), BootClock.Instance);

    /// <summary>Candidates in the line that hold no term.</summary>
    public static async Task<int> CountWaitingAsync(EtcdServer server, string election)
    {
        using var calls = new EtcdCalls(EtcdOptions.Parse(server.ConnectionString), BootClock.Instance);
        var look = await LookAsync(calls, election);
        return look.Line.Count(p => look.Term is not { Released: false } term || p.Key != term.Key);
    }

    internal static async Task<SeatLook> LookAsync(EtcdCalls calls, string election) => SeatLook.Of(
        await calls.AskAsync("kv/txn", new Txn().Then(SeatLook.Operations(election)).Body, EtcdCalls.LongestWait, default), 0);

    internal static async Task DeleteAsync(EtcdCalls calls, string key) =>
        await calls.AskAsync("kv/deleterange", Txn.Range(key), EtcdCalls.LongestWait, default);

    internal static async Task RevokeAsync(EtcdCalls calls, long lease) =>
        await calls.AskAsync("lease/revoke", new JsonObject { ["ID"] = Txn.Text(lease) }, EtcdCalls.LongestWait, default);
}
