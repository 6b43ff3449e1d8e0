namespace AspireElection.Tests.Core;

/// <summary>What users build on does not change by accident.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_library_offers_what_public_api_txt_lists()
    {
        var surface = Surface.Of(typeof(Candidate).Assembly);
        if (Environment.GetEnvironmentVariable("WRITE_PUBLIC_API") is { Length: > 0 } target)
            File.WriteAllLines(target, surface);
        Assert.Equal(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "public-api.txt")), surface);
    }
}
