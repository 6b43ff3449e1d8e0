namespace AspireElection;

/// <summary>
/// A store could not be used. The message is one line for people: which server (never its password), what was found,
/// what to do.
/// </summary>
public sealed class StoreUnavailableException : Exception
{
    /// <summary>The store could not be used.</summary>
    public StoreUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// Whether the server grants no lease as short as the candidacy's: trying again is of no use before one of both is changed.
    /// Default false; today only etcd says so.
    /// </summary>
    public bool LeaseIsTooShort { get; init; }
}
