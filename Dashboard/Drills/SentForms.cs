using System.Security.Cryptography;

namespace AspireElection.Dashboard.Drills;

/// <summary>
/// Which forms were sent already. A double click sends one twice, and the second would be a drill on whoever leads by then:
/// a resign of the old leader and of the new one.
/// </summary>
internal sealed class SentForms
{
    private const int Length = 32;
    private const int Kept = 256;

    private readonly Lock _gate = new();
    private readonly Queue<string> _numbers = new();

    /// <summary>For a form that is being shown.</summary>
    public static string NewNumber() => RandomNumberGenerator.GetHexString(Length, lowercase: true);

    /// <summary>Whether it could have been given to a form.</summary>
    public static bool IsNumber(string? text) => text is { Length: Length } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>False where the form with this number was sent before.</summary>
    public bool TryTake(string number)
    {
        lock (_gate)
        {
            if (_numbers.Contains(number))
                return false;
            _numbers.Enqueue(number);
            if (_numbers.Count > Kept)
                _numbers.Dequeue();
            return true;
        }
    }
}
