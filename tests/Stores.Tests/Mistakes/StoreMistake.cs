using AspireElection.Tests.Mistakes;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>A mistake of a store, and the facts of which at least one must fail with it.</summary>
internal sealed record StoreMistake(Mistake Mistake, params Fact[] Facts);
