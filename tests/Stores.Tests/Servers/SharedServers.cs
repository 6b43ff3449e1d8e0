namespace AspireElection.Stores.Tests.Servers;

/// <summary>Tests of this collection share one Redis; each uses an election name of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedRedis : ICollectionFixture<RedisServer>
{
    public const string Name = "redis";
}

/// <summary>Tests of this collection share one PostgreSQL; each uses an election name of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres";
}
