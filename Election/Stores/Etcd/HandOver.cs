namespace AspireElection.Stores.Etcd;

/// <summary>How a leader gives its seat back: to whom it names, or to whoever asks first.</summary>
internal static class HandOver
{
    /// <summary>Gives a seat back: by the step that names somebody, or, where there is none or it is refused, to whoever asks.</summary>
    /// <returns>Whether somebody was named.</returns>
    public static async ValueTask<bool> GiveBackAsync(
        this EtcdCalls calls, string election, TermRecord record, Txn? naming, CancellationToken cancellationToken)
    {
        if (naming is not null && (await calls.AskAsync("kv/txn", naming.Body, EtcdCalls.LongestWait, cancellationToken)).Succeeded)
            return true;
        await calls.AskAsync("kv/txn", ToWhoeverAsks(election, record).Body, EtcdCalls.LongestWait, cancellationToken);
        return false;
    }

    /// <summary>
    /// The key given back and the record told so, in one step; an older attempt that was not done only loses its key. A request that
    /// hung at one member may be done when the key is that of a later place: so that one stays.
    /// </summary>
    public static Txn ToWhoeverAsks(string election, TermRecord record) => new Txn()
        .IfCreated(record.Key, record.Created)
        .IfValue(EtcdKeys.Term(election), record.ToString())
        .Then(Txn.Delete(record.Key), Txn.Put(EtcdKeys.Term(election), (record with { Released = true }).ToString()))
        .Else(Txn.Inner(new Txn().IfCreated(record.Key, record.Created).Then(Txn.Delete(record.Key))));

    /// <summary>
    /// The key given back and the successor's term begun, in one step: one write instead of two, one after the other. Only while the
    /// successor stands where it stood, nobody is before it but the leader, and no value in the line has a higher rank; where that is
    /// not so, nothing is done. What would be done then is not in the same step: the gateway reads each byte of it, for a third
    /// of a millisecond, while the successor waits.
    /// </summary>
    /// <param name="election">Of which election.</param>
    /// <param name="record">The term that ends.</param>
    /// <param name="named">The term that begins.</param>
    /// <param name="priority">Of its holder.</param>
    /// <param name="others">The keys that stand in the line beside the one that ends, as far as they are known.</param>
    public static Txn To(string election, TermRecord record, TermRecord named, int priority, IReadOnlyList<string> others)
    {
        var fence = new Fence(named.Token, named.Holder) { Before = (record.Token, record.Holder) };
        var step = new Txn()
            .IfCreated(record.Key, record.Created)
            .IfValue(EtcdKeys.Term(election), record.ToString())
            .IfCreated(named.Key, named.Created);
        // The leader's own rank does not count: those before and those after its key. A comparison of no values fails.
        var (line, above) = (EtcdKeys.Line(election), Place.Above(priority));
        Compare(line, System.Text.Encoding.UTF8.GetBytes(record.Key), others.Any(k => string.CompareOrdinal(k, record.Key) < 0));
        Compare(EtcdKeys.After(record.Key), EtcdKeys.EndOf(line), others.Any(k => string.CompareOrdinal(k, record.Key) > 0));
        return step
            .Then(
                Txn.Delete(record.Key),
                Txn.Put(EtcdKeys.Term(election), named.ToString()),
                Txn.Put(EtcdKeys.Fence(election), fence.ToString()));

        void Compare(string first, byte[] end, bool some)
        {
            if (some)
                step.IfAllBelow(first, end, above).IfNoneOlder(first, end, named.Created);
            else
                step.IfNone(first, end);
        }
    }
}
