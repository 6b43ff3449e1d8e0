using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AspireElection.Telemetry;

/// <summary>
/// The user's logger for loops that must go on: a log that cannot be written, on a full disk perhaps, would otherwise end the heartbeats
/// or the observing of a node for good, and cut its stop short.
/// </summary>
internal sealed class SteadyLogger : ILogger
{
    private readonly ILogger _logger;

    private SteadyLogger(ILogger logger) => _logger = logger;

    public static ILogger Of(ILogger? logger) => logger is null or NullLogger ? NullLogger.Instance : new SteadyLogger(logger);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return _logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // There is nobody to be told but the logger itself.
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            _logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // As above: the line is lost, the election goes on.
        }
    }
}
