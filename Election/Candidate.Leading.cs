using AspireElection.Telemetry;
using AspireElection.Timing;

namespace AspireElection;

/// <content>From one campaign over one leadership to the next.</content>
public sealed partial class Candidate
{
    private async Task CampaignForEverAsync()
    {
        await _with.Threads.OffTheCallerAsync();
        var told = false;
        while (!_standsDown && !_campaign.Stops)
        {
            try
            {
                if (!told)
                {
                    told = true;
                    ElectionLog.Stands(Logger, Id.NodeId, Election, Store.Kind, Store.Promise);
                }

                if (await _campaign.StandAsync() is { } grant && await BeginAsync(grant) is { } tenure)
                {
                    await tenure.RunAsync(_work is null ? _whileLeading : [.. _whileLeading, .. _work]);
                    await AfterAsync(tenure.Leadership);
                }
            }
            catch (Exception exception)
            {
                // A logger, a listener or the address of the user's threw. A node that never stands again, and says
                // nothing of it, would be worse than one that begins anew after the lease that it may have left behind.
                await BeginAnewAsync(exception);
            }
        }
    }

    private async Task BeginAnewAsync(Exception exception)
    {
        try
        {
            if (Volatile.Read(ref _tenure) is { } tenure)
                await tenure.AbandonAsync();
            ElectionLog.CampaignBroke(Logger, Election, exception);
        }
        catch (Exception)
        {
            // What threw before throws again; it was told as far as it can be.
        }

        Volatile.Write(ref _tenure, null);
        await _campaign.PauseAsync(Times.Lease);
    }

    /// <summary>Begins to lead; null where the grant came too late.</summary>
    private async Task<Tenure?> BeginAsync(Grant grant)
    {
        var window = new TrustWindow(Clock, grant.AnchoredAt + Times.Trust.ToTicksOf(Clock));
        var leadership = new Leadership(grant.Term, Clock.GetUtcNow(), window, Clock, _with.Threads, this)
        {
            Succession = _observer.Before(grant),
        };
        var tenure = new Tenure(_with, leadership, grant);
        if (_campaign.Stops || !leadership.IsTrusted)
        {
            // The grant came too late, or nobody wants it any more: no callback, no work, and the seat goes on.
            await tenure.GiveBackAsync();
            return null;
        }

        // A full fence: who stops sets its flag first and then looks for a tenure, so that one of both sees the other.
        Interlocked.Exchange(ref _tenure, tenure);
        if (_campaign.Stops)
            tenure.Resign(LossReason.Stopped);
        // The session may have ended while the grant was on its way: there was no tenure yet to be told so.
        if (_doubted)
            tenure.Doubt();
        Tell(new ElectionChange.BecameLeader(Clock.GetUtcNow(), leadership));
        // Before any news of the seat: one that was free before the grant would be taken for the end of it.
        _observer.Took(OwnAsLeader(leadership));
        Volatile.Read(ref _announcements)?.Lead(OwnAsLeader(leadership));
        tenure.WatchTrust();
        // Who waits for the term hears of it first; what else begins with it would be ahead of that on a busy machine.
        await Task.Yield();
        if (leadership.EndedBecause is null)
        {
            _with.Telemetry.BecameLeader(leadership.LeaderlessBefore);
            ElectionLog.BecameLeader(Logger, Id.NodeId, Election, leadership.Token);
        }

        _presence.Refresh();
        return tenure;
    }

    private async Task AfterAsync(Leadership leadership)
    {
        Volatile.Write(ref _tenure, null);
        _presence.RefreshSoon();
        if (leadership.EndedBecause is LossReason.Resigned)
            await Precedence.HoldOffAsync(_campaign);
    }

    private static async Task<bool> ResignAsync(Tenure? tenure, LossReason reason)
    {
        if (tenure is null)
            return false;
        tenure.Resign(reason);
        await tenure.Over;
        return tenure.Leadership.EndedBecause == reason;
    }

    private Tenure? TenureOf(Leadership held) => Volatile.Read(ref _tenure) is { } tenure && tenure.Leadership == held ? tenure : null;

    private Precedence Precedence => new(Id, _presence, _observer, Times, Clock);
}
