using System.Runtime.InteropServices;
using AspireElection.Benchmarks;

if (args is [var word, .. var rest] && Parts.Children.TryGetValue(word, out var child))
{
    await child(rest);
    return 0;
}

Options options;
try
{
    options = Options.Parse(args, [.. Parts.All.Select(p => p.Name)]);
    if (options.CommitTable)
        return CommitTable.Copy(options.Only);
}
catch (FormatException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}

if (options.List)
    return Catalogue.Print(options);

using var stop = new CancellationTokenSource();
// A run that is told to stop ends its children first; told twice, it ends at once.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndInOrder);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndInOrder);
return await new Bench(options, stop.Token).RunAsync();

void EndInOrder(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
