using System.Diagnostics;
using System.Text.RegularExpressions;
using AspireElection.Tests.Mistakes;
using AspireElection.Workers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AspireElection.Tests.Library;

/// <summary>What the README shows to users of the library is a program that compiles, and does what it says.</summary>
public sealed partial class ReadmeTests
{
    // What the Web SDK puts before each file of a program.
    private const string Implicit = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Programs().Count)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_program_compiles(int number)
    {
        using var assembly = new MemoryStream();
        Assert.Empty(Compile($"readme-{number}", Programs()[number], assembly));
    }

    [Fact]
    public async Task The_first_one_leads_says_so_and_resigns()
    {
        // Beside the libraries that it uses, where the runtime looks for them.
        var program = Path.Combine(AppContext.BaseDirectory, $"readme-{Environment.ProcessId}.dll");
        using var folder = new LockFolder();
        try
        {
            await using (var file = File.Create(program))
                Assert.Empty(Compile(Path.GetFileNameWithoutExtension(program), Programs()[0], file));
            var configuration = Path.Combine(AppContext.BaseDirectory, "Workers.runtimeconfig.json");
            var info = new ProcessStartInfo("dotnet", $"exec --runtimeconfig \"{configuration}\" \"{program}\"") { WorkingDirectory = folder.Path };
            await using var running = new WorkerProcess(info, []);
            Assert.Equal(0, await running.EndAsync());
            Assert.Empty(running.Errors);
            // Callbacks come beside the program's own lines, in no order with them.
            Assert.Contains(running.Output, line => Regex.IsMatch(line, "^I lead under token [0-9]+$"));
            Assert.Contains("node-1 leads", running.Output);
            Assert.Contains("Leader: True, led by node-1, alive: 1", running.Output);
            Assert.Contains("I lead no more: Resigned", running.Output);
        }
        finally
        {
            File.Delete(program);
        }
    }

    private static List<string> Programs() =>
        [.. Block().Matches(File.ReadAllText(Path.Combine(SourceFolder.Root, "README.md"))).Select(m => m.Groups[1].Value)];

    private static List<string> Compile(string name, string program, Stream into)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Implicit), CSharpSyntaxTree.ParseText(program)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        // Types of several test assemblies may have one name, of which the program uses none.
        return [.. compilation.Emit(into).Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString())];
    }

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
