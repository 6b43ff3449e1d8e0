namespace AspireElection;

/// <summary>What the leader of a process tells everybody in it: that it leads, and again and again that it still does.</summary>
public abstract class Announcement
{
    private protected Announcement(string election, Leader leader)
    {
        Election = election;
        Leader = leader;
    }

    /// <summary>The election's name.</summary>
    public string Election { get; }

    /// <summary>Who speaks.</summary>
    public Leader Leader { get; }

    /// <summary>It leads, under a term that is new.</summary>
    public sealed class Leads : Announcement
    {
        internal Leads(string election, Leader leader)
            : base(election, leader)
        {
        }
    }

    /// <summary>It still leads: its store has confirmed the term once more.</summary>
    public sealed class Heartbeat : Announcement
    {
        private int _acknowledged;
        private int _told;

        internal Heartbeat(string election, Leader leader, long number)
            : base(election, leader) => Number = number;

        /// <summary>Counted from 1 in each term.</summary>
        public long Number { get; }

        /// <summary>How many subscribers were there to be told; 0 while they are being told.</summary>
        public int Told => Volatile.Read(ref _told);

        /// <summary>How many subscribers have acknowledged it so far.</summary>
        public int Acknowledged => Volatile.Read(ref _acknowledged);

        internal void WasTold(int subscribers) => Volatile.Write(ref _told, subscribers);

        internal void Acknowledge() => Interlocked.Increment(ref _acknowledged);
    }
}
