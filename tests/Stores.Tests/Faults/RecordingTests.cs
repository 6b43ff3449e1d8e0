using AspireElection.Faults.Harness;

namespace AspireElection.Faults;

/// <summary>The recorder can fail: made-up recordings of wrong elections, and of right ones that look nearly like them.</summary>
public sealed class RecordingTests
{
    private readonly Recording _recording = new();

    [Fact]
    public void A_hand_over_is_nothing_to_complain_about()
    {
        Answered("n1#1", 10, 12, 1, leads: true);
        Answered("n1#1", 90, 95, 1, leads: true);
        Answered("n1#1", 100, 105, 1, leads: false);
        _recording.Became("n2#1", At(96), 2);
        Answered("n2#1", 98, 99, 2, leads: true);
        Answered("n2#1", 200, 201, 2, leads: true);
        _recording.Wrote(At(95), 1);
        _recording.Wrote(At(99), 2);
        Assert.Empty(_recording.Violations());
    }

    [Fact]
    public void Two_that_said_so_one_after_the_other_may_both_be_right()
    {
        // The answers overlap, but each may have been true before or after the other one.
        Answered("n1#1", 10, 100, 1, leads: true);
        Answered("n2#1", 20, 90, 2, leads: true);
        Assert.Empty(_recording.Violations());
    }

    [Fact]
    public void Two_leaders_at_one_instant_are_found()
    {
        Answered("n1#1", 10, 12, 1, leads: true);
        Answered("n2#1", 20, 22, 2, leads: true);
        Answered("n2#1", 40, 42, 2, leads: true);
        Answered("n1#1", 50, 52, 1, leads: true);
        Assert.Contains("two leaders for 18.0 ms: n1#1 in term 1 and n2#1 in term 2", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_it_became_leader_counts_from_its_own_time()
    {
        Answered("n1#1", 10, 12, 1, leads: true);
        Answered("n1#1", 50, 52, 1, leads: true);
        _recording.Became("n2#1", At(45), 2);
        Assert.Empty(_recording.Violations());
        Answered("n2#1", 60, 62, 2, leads: true);
        Assert.Contains("two leaders for 5.0 ms", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_overlap_is_excused_only_where_and_as_long_as_the_store_broke_its_word()
    {
        _recording.AllowOverlap(At(0), At(30), TimeSpan.FromMilliseconds(20));
        Answered("n1#1", 10, 12, 1, leads: true);
        Answered("n2#1", 20, 22, 2, leads: true);
        Answered("n2#1", 60, 62, 2, leads: true);
        Answered("n1#1", 40, 42, 1, leads: true);
        Assert.Empty(_recording.Violations());
        Answered("n1#1", 50, 52, 1, leads: true);
        Assert.Contains("two leaders for 28.0 ms", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_term_that_goes_back_is_found()
    {
        Answered("n1#1", 10, 12, 7, leads: false);
        Answered("n1#1", 20, 22, 6, leads: false);
        Assert.Contains("n1#1 went back from term 7 to 6", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lower_token_that_begins_after_a_higher_one_is_found()
    {
        Answered("n1#1", 10, 12, 7, leads: true);
        Answered("n1#1", 20, 22, 7, leads: true);
        Answered("n2#1", 30, 32, 6, leads: true);
        Assert.Contains("n2#1 led with token 6 after n1#1 had led with token 7", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void One_token_for_two_is_found()
    {
        Answered("n1#1", 10, 12, 7, leads: true);
        Answered("n2#1", 30, 32, 7, leads: true);
        Assert.Contains("term 7 was led by n1#1 and by n2#1", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_yes_after_a_no_is_found()
    {
        Answered("n1#1", 10, 12, 7, leads: true);
        Answered("n1#1", 20, 22, 7, leads: false);
        Answered("n1#1", 30, 32, 7, leads: true);
        Assert.Contains("n1#1 leads in term 7 again", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stale_write_is_found()
    {
        _recording.Wrote(At(10), 7);
        _recording.Wrote(At(20), 8);
        _recording.Wrote(At(30), 7);
        Assert.Contains("the register went back from token 8 to 7", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_is_handed_over_is_nothing_to_complain_about()
    {
        _recording.JobBegan("n1#1", At(10), 1);
        _recording.JobEnded("n1#1", At(50), 1);
        _recording.JobBegan("n2#1", At(50), 2);
        _recording.Stopped("n2#1", At(80));
        _recording.JobBegan("n3#1", At(90), 3);
        Assert.Empty(_recording.Violations());
        Assert.Equal([("n3#1", 3L)], _recording.RunningJobs);
    }

    [Fact]
    public void A_job_that_runs_on_two_nodes_is_found()
    {
        _recording.JobBegan("n1#1", At(10), 1);
        _recording.JobBegan("n2#1", At(40), 2);
        // Its line may still be on its way.
        Assert.Empty(_recording.Violations());
        _recording.Ended("n1#1", At(55), 1);
        Assert.Contains("the job ran on n1#1 under term 1 and on n2#1 under term 2 for 15.0 ms", Only(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_process_runs_nothing_from_the_kill_on_whenever_its_lines_are_read()
    {
        _recording.Stopped("n1#1", At(30));
        _recording.JobBegan("n2#1", At(40), 2);
        _recording.JobBegan("n1#1", At(10), 1);
        Assert.Empty(_recording.Violations());
        Assert.Equal([("n2#1", 2L)], _recording.RunningJobs);
    }

    [Fact]
    public void A_job_on_two_nodes_is_excused_only_where_and_as_long_as_the_store_broke_its_word()
    {
        _recording.AllowOverlap(At(30), At(60), TimeSpan.FromMilliseconds(12));
        _recording.JobBegan("n1#1", At(10), 1);
        _recording.JobBegan("n2#1", At(40), 2);
        _recording.Ended("n1#1", At(50), 1);
        Assert.Empty(_recording.Violations());
        _recording.JobBegan("n3#1", At(58), 3);
        _recording.JobEnded("n2#1", At(75), 2);
        Assert.Contains("for 17.0 ms", Only(), StringComparison.Ordinal);
    }

    private static TimeSpan At(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Answered(string process, double sent, double answered, long term, bool leads) =>
        _recording.Answered(process, At(sent), At(answered), term, leads);

    private string Only() => Assert.Single(_recording.Violations());
}
