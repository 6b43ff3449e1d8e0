namespace AspireElection.Tests.Simulation.Histories;

/// <summary>Mistakes that can be built into the world, to show that the checkers notice them.</summary>
internal enum WorldMistake
{
    None,

    /// <summary>The store renews without comparing the term.</summary>
    RenewWithoutComparing,

    /// <summary>The store releases whatever the holder's node holds, whichever term is named.</summary>
    ReleaseByHolderOnly,

    /// <summary>Tokens are counted from what the store remembers, which is nothing after it was wiped.</summary>
    TokenFromAWipedCounter,

    /// <summary>Trust is counted from the arrival of the grant instead of the sending of the request for it.</summary>
    AnchorIsTheGrantsArrival,

    /// <summary>Trust is counted from before the wait in line instead of the first request after it.</summary>
    AnchorIsBeforeTheWait,

    /// <summary>Who is granted the lock leads without the statement that takes the term.</summary>
    NoTermStatement,

    /// <summary>A released seat is offered to everybody who waits.</summary>
    HandOverToEveryone,

    /// <summary>The boot clock of a host stands still while it sleeps.</summary>
    ClockStandsStillInASuspend,

    /// <summary>A candidate takes a seat that is empty although a term that it knows has not ended.</summary>
    NoWipeGuard,

    /// <summary>The fenced resource compares no token.</summary>
    RegisterComparesNoToken,

    /// <summary>Who waits in line and is granted the seat may be silent for a whole lease.</summary>
    NoGraceForWaiters,

    /// <summary>Who waits for a seat that nobody renews any more waits for a second lease.</summary>
    WaitsForTwoLeases,

    /// <summary>Files: who renews does not look whether a later term was begun meanwhile.</summary>
    RenewalLooksAtNothing,

    /// <summary>Files: who begins a term does not look whether the last one was renewed meanwhile.</summary>
    TakerLooksAtNothing,

    /// <summary>Who is told that it was named leads, and asks nobody.</summary>
    MessageIsAGrant,

    /// <summary>A reply is taken for the answer of whichever request waits.</summary>
    ReplyOfAnEarlierRequest,
}
