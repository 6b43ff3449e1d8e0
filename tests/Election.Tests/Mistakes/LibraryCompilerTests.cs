using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;
using AspireElection.Tests.Core;

namespace AspireElection.Tests.Mistakes;

/// <summary>That a mistake is in the library that is compiled with it, and in no other.</summary>
public sealed class LibraryCompilerTests
{
    private static readonly Mistake NoMargin = new("no margin", "it breaks the trust window", new Edit("LeadershipTimes.cs", "=> Lease - Margin;", "=> Lease;"));

    [Fact]
    public void A_test_passes_with_the_library_compiled_as_it_is_and_fails_with_a_mistake_in_it()
    {
        Assert.Null(Run(Mistake.None));
        Assert.IsAssignableFrom<Xunit.Sdk.XunitException>(Run(NoMargin));
    }

    [Theory]
    [InlineData("LeadershipTimes.cs", "no such text")]
    [InlineData("LeadershipTimes.cs", "TimeSpan")]
    [InlineData("NoSuchFile.cs", "TimeSpan")]
    public void A_mistake_whose_place_is_gone_says_so(string file, string right)
    {
        var gone = new Mistake("gone", "it was moved", new Edit(file, right, string.Empty));
        var failure = Assert.Throws<InvalidOperationException>(() => LibraryCompiler.OfThisBuild.Compile(gone));
        Assert.StartsWith("The mistake 'gone' no longer applies", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_library_that_is_shipped_knows_of_no_mistakes()
    {
        using var file = new PEReader(File.OpenRead(typeof(Candidate).Assembly.Location));
        Assert.Contains(nameof(Candidate), Heap(file, HeapIndex.String, Encoding.UTF8), StringComparison.Ordinal);
        Assert.DoesNotContain("mistake", Heap(file, HeapIndex.String, Encoding.UTF8), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("mistake", Heap(file, HeapIndex.UserString, Encoding.Latin1).Replace("\0", string.Empty, StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>All names, or all literals, of an assembly.</summary>
    private static string Heap(PEReader file, HeapIndex heap, Encoding encoding)
    {
        var metadata = file.GetMetadataReader();
        return encoding.GetString(file.GetMetadata().GetContent(metadata.GetHeapMetadataOffset(heap), metadata.GetHeapSize(heap)).AsSpan());
    }

    private static Exception? Run(Mistake mistake)
    {
        using var world = new MistakenWorld(mistake);
        var tests = world.Copy(typeof(LeadingTests));
        try
        {
            tests.GetMethod(nameof(LeadingTests.Without_an_answer_trust_ends_a_margin_before_the_lease_counted_from_the_sending))!
                .Invoke(Activator.CreateInstance(tests), null);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException;
        }
    }
}
