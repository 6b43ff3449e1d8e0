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
}
