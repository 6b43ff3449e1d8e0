using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace AspireElection.Tests.Mistakes;

/// <summary>
/// Compiles the library again, in memory, by the command line of the build that these tests belong to: same compiler,
/// sources, references, generated code and embedded scripts. Only the mistake is different.
/// </summary>
internal sealed class LibraryCompiler
{
    private const string Resource = "/resource:";

    private static readonly Lazy<LibraryCompiler> Of = new(() => new LibraryCompiler());

    private readonly string _folder = Path.Combine(SourceFolder.Root, "Election");
    private readonly CSharpCommandLineArguments _arguments;
    private readonly Dictionary<string, SyntaxTree> _sources;
    private readonly List<(string File, string Name)> _resources = [];
    private readonly CSharpCompilation _right;

    private LibraryCompiler()
    {
        var lines = File.ReadAllLines(CommandLineFile());
        _arguments = CSharpCommandLineParser.Default.Parse(lines, _folder, null);
        foreach (var line in lines.Where(l => l.StartsWith(Resource, StringComparison.Ordinal)))
        {
            var parts = line[Resource.Length..].Split(',');
            _resources.Add((parts[0].Replace('\\', '/'), parts[1]));
        }

        _sources = _arguments.SourceFiles.ToDictionary(f => NameOf(f.Path), f => Parse(f.Path, File.ReadAllText(f.Path)));
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(_arguments.OutputFileName),
            _sources.Values,
            _arguments.MetadataReferences.Select(r => MetadataReference.CreateFromFile(r.Reference, r.Properties)),
            // Errors are errors; a warning about code that a mistake left without use is not.
            _arguments.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress));
        CSharpGeneratorDriver.Create(Generators(), parseOptions: _arguments.ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        _right = (CSharpCompilation)generated;
    }

    public static LibraryCompiler OfThisBuild => Of.Value;

    /// <summary>Which mistakes have lost their place in the sources, all at once and before anything is compiled.</summary>
    public IEnumerable<string> Misplaced(IEnumerable<Mistake> mistakes) => mistakes.Select(WhyMisplaced).OfType<string>();

    /// <summary>The library's assembly with the mistake in it.</summary>
    public byte[] Compile(Mistake mistake)
    {
        var wrong = _right;
        var scripts = new Dictionary<string, string>();
        foreach (var edit in mistake.Edits)
        {
            if (_sources.TryGetValue(edit.File, out var before))
            {
                var tree = wrong.SyntaxTrees.First(t => t.FilePath == before.FilePath);
                wrong = wrong.ReplaceSyntaxTree(tree, Parse(tree.FilePath, edit.ApplyTo(tree.ToString(), mistake.Name)));
            }
            else if (_resources.Any(r => r.File == edit.File))
            {
                scripts[edit.File] = edit.ApplyTo(scripts.GetValueOrDefault(edit.File) ?? ReadScript(edit.File), mistake.Name);
            }
            else
            {
                throw new InvalidOperationException($"The mistake '{mistake.Name}' no longer applies: there is no Election/{edit.File}.");
            }
        }

        var resources = _resources.Select(r => new ResourceDescription(
            r.Name, () => new MemoryStream(Encoding.UTF8.GetBytes(scripts.GetValueOrDefault(r.File) ?? ReadScript(r.File))), isPublic: true));
        using var assembly = new MemoryStream();
        var result = wrong.Emit(assembly, manifestResources: resources);
        if (!result.Success)
        {
            var errors = result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error);
            throw new InvalidOperationException($"The mistake '{mistake.Name}' does not compile:\n{string.Join('\n', errors)}");
        }

        return assembly.ToArray();
    }

    private string? WhyMisplaced(Mistake mistake)
    {
        try
        {
            foreach (var edit in mistake.Edits)
                edit.ApplyTo(_sources.TryGetValue(edit.File, out var source) ? source.ToString() : ReadScript(edit.File), mistake.Name);
            return null;
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            return exception.Message;
        }
    }

    private SyntaxTree Parse(string path, string text) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), _arguments.ParseOptions, path);

    private string NameOf(string path) => Path.GetRelativePath(_folder, path).Replace('\\', '/');

    private string ReadScript(string file) => File.ReadAllText(Path.Combine(_folder, file));

    private ImmutableArray<ISourceGenerator> Generators()
    {
        var loading = new FromFile();
        return
        [
            .. _arguments.AnalyzerReferences
                .SelectMany(a => new AnalyzerFileReference(a.FilePath, loading).GetGenerators(LanguageNames.CSharp)),
        ];
    }

    /// <summary>The build leaves it beside the library's other intermediate files: see Election.csproj.</summary>
    private static string CommandLineFile()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var file = Path.Combine(output.Parent!.Parent!.Parent!.FullName, "obj", "Election", output.Name, "compiler.rsp");
        return File.Exists(file)
            ? file
            : throw new InvalidOperationException($"{file} is missing, which a build of Election leaves behind: build anew with --no-incremental.");
    }

    private sealed class FromFile : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
            // Generators lie beside what they need.
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
