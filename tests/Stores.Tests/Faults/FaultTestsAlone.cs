namespace AspireElection.Faults;

/// <summary>Faults need the machine for themselves: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultTestsAlone
{
    public const string Name = "faults";
}
