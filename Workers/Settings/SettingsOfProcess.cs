namespace AspireElection.Workers.Settings;

/// <summary>The settings as this process was given them; what is wrong with them goes to standard error.</summary>
internal static class SettingsOfProcess
{
    private const string File = "appsettings.json";

    /// <summary>The settings, or null and the exit code where there is nothing to run.</summary>
    public static WorkerSettings? Read(string[] arguments, out int exitCode)
    {
        exitCode = OrderlyExit.WrongSettings;
        IConfiguration appSettings;
        try
        {
            appSettings = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile(File, optional: true).Build();
        }
        catch (InvalidDataException exception)
        {
            Console.Error.WriteLine($"{File}: {exception.GetBaseException().Message.ReplaceLineEndings(" ")}; allowed: JSON");
            return null;
        }

        var (settings, found, help) = SettingsReader.Read(arguments, Environment.GetEnvironmentVariable, key => appSettings[key]);
        var problems = found.ToList();
        if (settings is { ClaimsPeer: true })
            PeerSlot.Claim(settings, problems);
        else if (settings is { Quorum: not null } && problems.Count == 0)
            PeerSlot.Hold(settings);
        foreach (var problem in problems)
            Console.Error.WriteLine(problem.ReplaceLineEndings(" "));
        if (help)
        {
            Console.Write(SettingsTable.Help());
            exitCode = 0;
        }

        return problems.Count == 0 ? settings : null;
    }
}
