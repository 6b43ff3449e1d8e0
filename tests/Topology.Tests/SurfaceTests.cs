using AspireElection.Tests;

namespace AspireElection.Topology.Tests;

/// <summary>The stand-in for Aspire's packages offers what this solution calls and nothing else.</summary>
public sealed class SurfaceTests
{
    [Fact]
    public void The_stand_in_offers_what_surface_txt_lists()
    {
        var assembly = typeof(DistributedApplication).Assembly;
        if (assembly.GetName().Name != "Aspire.Hosting.Offline")
        {
            Console.WriteLine("Skipped: this build uses Aspire's own packages.");
            return;
        }

        var surface = Surface.Of(assembly);
        var file = Path.Combine(AppContext.BaseDirectory, "surface.txt");
        if (Environment.GetEnvironmentVariable("WRITE_SURFACE") is { Length: > 0 } target) File.WriteAllLines(target, surface);

        Assert.Equal(File.ReadAllLines(file), surface);
    }
}
