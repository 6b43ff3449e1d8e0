namespace AspireElection.Stores.Tests.Servers;

/// <summary>Tests of this collection share one PostgreSQL; each uses an election name of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres";
}

/// <summary>Tests of sessions that many elections share, on a PostgreSQL of their own: they run beside those of the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedSessionsPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres, shared sessions";
}
