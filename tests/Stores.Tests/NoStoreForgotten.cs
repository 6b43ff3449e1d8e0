using System.Reflection;
using AspireElection.Conformance;
using AspireElection.Stores;

namespace AspireElection;

/// <summary>A store without a subclass of the suite would be a store whose promises nobody checks.</summary>
public sealed class NoStoreForgotten
{
    private static readonly Assembly[] Suites = [typeof(InProcessConformance).Assembly, typeof(NoStoreForgotten).Assembly];

    [Fact]
    public void Every_store_goes_through_the_conformance_suite()
    {
        // What the library wraps around a store for its own use (a rehearsal) promises nothing to anybody.
        var stores = typeof(IElectionStore).Assembly.GetTypes()
            .Where(t => t is { IsInterface: false, IsAbstract: false, IsVisible: true } && t.IsAssignableTo(typeof(IElectionStore)))
            .ToHashSet();
        var tested = Suites.SelectMany(a => a.GetTypes()).Where(t => !t.IsAbstract).Select(StoreOf).OfType<Type>();
        stores.ExceptWith(tested);
        Assert.Empty(stores);
    }

    private static Type? StoreOf(Type test)
    {
        for (var type = test; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(StoreConformance<>))
                return type.GenericTypeArguments[0];
        }

        return null;
    }
}
