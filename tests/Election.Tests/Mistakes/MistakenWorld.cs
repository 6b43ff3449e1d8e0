using System.Reflection;
using System.Runtime.Loader;

namespace AspireElection.Tests.Mistakes;

/// <summary>
/// A second world in this process in which the library has a mistake: the library as it was compiled with it, and a
/// fresh copy of each assembly that uses the library, these tests among them. All else is shared.
/// </summary>
internal sealed class MistakenWorld : AssemblyLoadContext, IDisposable
{
    private const string Library = "AspireElection";

    private readonly byte[] _library;

    public MistakenWorld(Mistake mistake)
        : base(mistake.Name, isCollectible: true) => _library = LibraryCompiler.OfThisBuild.Compile(mistake);

    /// <summary>The fresh copy of a type of a test assembly.</summary>
    public Type Copy(Type type) => LoadFromAssemblyName(type.Assembly.GetName()).GetType(type.FullName!, throwOnError: true)!;

    public void Dispose() => Unload();

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Library)
            return LoadFromStream(new MemoryStream(_library));
        var shared = GetLoadContext(typeof(MistakenWorld).Assembly)!.LoadFromAssemblyName(assemblyName);
        return shared.GetReferencedAssemblies().Any(a => a.Name == Library) ? LoadFromAssemblyPath(shared.Location) : shared;
    }
}
