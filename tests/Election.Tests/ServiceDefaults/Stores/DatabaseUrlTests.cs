using Npgsql;

namespace AspireElection.ServiceDefaults.Stores;

/// <summary>The forms in which people have the address of a database at hand.</summary>
public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgres://u:p%40s%2Fs@db.example:6543/my%20db?sslmode=verify-full&application_name=x")]
    [InlineData("postgresql://u:p%40s%2Fs@db.example:6543/my%20db?sslmode=verify-full&application_name=x")]
    [InlineData("host=db.example port=6543 user=u password='p@s/s' dbname='my db' sslmode=verify-full application_name=x")]
    [InlineData(@"host = db.example port=6543 user=u password=p@s/s dbname=my\ db sslmode=verify-full application_name=x")]
    [InlineData("Host=db.example;Port=6543;Username=u;Password=p@s/s;Database=my db;SSL Mode=VerifyFull;Application Name=x")]
    public void Every_form_means_the_same(string text)
    {
        var settings = new NpgsqlConnectionStringBuilder(DatabaseUrl.Parse(text));
        Assert.Equal("db.example", settings.Host);
        Assert.Equal(6543, settings.Port);
        Assert.Equal("u", settings.Username);
        Assert.Equal("p@s/s", settings.Password);
        Assert.Equal("my db", settings.Database);
        Assert.Equal(SslMode.VerifyFull, settings.SslMode);
        Assert.Equal("x", settings.ApplicationName);
    }

    [Theory]
    [InlineData("postgres://[::1]:6543/db", "::1", 6543)]
    [InlineData("postgres://h/db", "h", 5432)]
    [InlineData("postgres://h", "h", 5432)]
    [InlineData("postgresql:///db?host=/var/run/postgresql", "/var/run/postgresql", 5432)]
    [InlineData("postgres://a:1,b:2/db", "a:1,b:2", 5432)]
    [InlineData("host=h", "h", 5432)]
    [InlineData("Host=h;User ID=u", "h", 5432)]
    public void Hosts_are_found(string text, string host, int port)
    {
        var settings = new NpgsqlConnectionStringBuilder(DatabaseUrl.Parse(text));
        Assert.Equal(host, settings.Host);
        Assert.Equal(port, settings.Port);
    }

    // What hosts of databases and libpq's own tools add to an address.
    [Theory]
    [InlineData("postgres://u@h/db?sslmode=require&channel_binding=require&gssencmode=disable&sslnegotiation=direct&keepalives=1&keepalives_idle=30")]
    [InlineData("keepalives=1 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=5000 host=h user=u dbname=db sslmode=require channel_binding=require gssencmode=disable sslnegotiation=direct")]
    public void Words_of_libpq_are_taken_over_and_its_keep_alives_are_the_stores_own_affair(string text)
    {
        var settings = new NpgsqlConnectionStringBuilder(DatabaseUrl.Parse(text));
        Assert.Equal("h", settings.Host);
        Assert.Equal("db", settings.Database);
        Assert.Equal(SslMode.Require, settings.SslMode);
        Assert.Equal(ChannelBinding.Require, settings.ChannelBinding);
        Assert.Equal(GssEncryptionMode.Disable, settings.GssEncryptionMode);
        Assert.Equal(SslNegotiation.Direct, settings.SslNegotiation);
    }

    [Theory]
    [InlineData("password='it''s'")]
    [InlineData(@"host=h password='it\'s; Host=x'")]
    public void Quoted_passwords_keep_what_is_in_them(string text)
    {
        var parsed = DatabaseUrl.Parse(text);
        Assert.Equal(text.StartsWith("host", StringComparison.Ordinal) ? "it's; Host=x" : null,
            parsed is null ? null : new NpgsqlConnectionStringBuilder(parsed).Password);
    }

    [Theory]
    [InlineData("postgres://u:p@h:0/db")]
    [InlineData("postgres://u:p@h:99999/db")]
    [InlineData("postgres://u:p%4@h/db")]
    [InlineData("postgres://u:p@h/db?colour=red")]
    [InlineData("postgres://u:p@h/db?sslcrl=revoked.pem")]
    [InlineData("postgres://u:p@h/db?channel_binding=perhaps")]
    [InlineData("postgres://u:p@/db")]
    [InlineData("mysql://u:p@h/db")]
    [InlineData("dbname=x user=y")]
    [InlineData("hello")]
    public void What_is_none_of_the_forms_is_refused(string text) => Assert.Null(DatabaseUrl.Parse(text));
}
