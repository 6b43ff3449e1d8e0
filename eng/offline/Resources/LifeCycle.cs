using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Offline;

/// <summary>Start, stop and restart as commands of a resource. What makes no sense in a state is hidden or greyed out, as Aspire does.</summary>
internal static class LifeCycle
{
    /// <summary>The control plane's word for a process that it ended itself; Aspire's list of terminal states lacks it.</summary>
    private const string Terminated = "Terminated";

    public static void AddTo(IResource resource, Func<ExecuteCommandContext, string, Task<ExecuteCommandResult>> execute)
    {
        Add(KnownResourceCommands.StartCommand, "Start", "Start this instance", "Play", state =>
            HasEnded(state) ? ResourceCommandState.Enabled
            : IsUp(state) || IsStopping(state) ? ResourceCommandState.Hidden
            : ResourceCommandState.Disabled);
        Add(KnownResourceCommands.StopCommand, "Stop", "Stop this instance; it stays stopped", "Stop", state =>
            IsUp(state) ? ResourceCommandState.Enabled
            : IsStopping(state) ? ResourceCommandState.Disabled
            : ResourceCommandState.Hidden);
        Add(KnownResourceCommands.RestartCommand, "Restart", "Stop this instance and start it again", "ArrowCounterclockwise", state =>
            IsUp(state) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled);

        void Add(string name, string title, string description, string icon, Func<string?, ResourceCommandState> offered) =>
            resource.Annotations.Add(new ResourceCommandAnnotation(name, title, c => execute(c, name), new CommandOptions
            {
                Description = description,
                IconName = icon,
                IsHighlighted = name != KnownResourceCommands.RestartCommand,
                UpdateState = c => offered(c.ResourceSnapshot.State?.Text),
            }));
    }

    public static bool IsUp(string? state) => state == KnownResourceStates.Running;

    public static bool HasEnded(string? state) => state == Terminated || KnownResourceStates.TerminalStates.Contains(state);

    private static bool IsStopping(string? state) => state == KnownResourceStates.Stopping;
}
