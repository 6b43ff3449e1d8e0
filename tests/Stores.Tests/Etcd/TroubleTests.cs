using System.Text.Json.Nodes;
using AspireElection.Stores.Etcd;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>What a person is told of a server that is away, unfit, or refuses: never the password.</summary>
public sealed class TroubleTests(EtcdServer server) : EtcdTests(server)
{
    private const string Secret = "s3cret-of-root";
    private const string Wrong = "not-the-password";

    [Fact]
    public async Task A_server_that_is_away() => await IsToldAsync("http://127.0.0.1:1", "is not reachable (ConnectionRefused); start it, or correct its address");

    [Fact]
    public async Task A_server_without_its_gateway()
    {
        await using var without = EtcdServer.With("--enable-grpc-gateway=false");
        await without.StartAsync();
        await IsToldAsync(without.ConnectionString, "has no JSON gateway (404 for /v3); start it with --enable-grpc-gateway=true, in version 3.4 or later");
    }

    [Fact]
    public async Task A_server_that_says_nothing()
    {
        await using var mute = new LoopbackListener(_ => Task.Delay(Timeout.Infinite));
        await IsToldAsync($"http://127.0.0.1:{mute.Port}", "did not answer within 1000 ms; look whether it is overloaded, stopped or cut off");
    }

    [Fact]
    public async Task A_web_server()
    {
        await using var web = new LoopbackListener(async stream =>
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray()));
        await IsToldAsync($"http://127.0.0.1:{web.Port}", "answers HTTP 400 and nothing that is etcd's; correct its address");
    }

    [Fact]
    public async Task A_server_that_speaks_no_tls() =>
        await IsToldAsync($"https://127.0.0.1:{Server.Port}", "broke off the TLS handshake; write http:// if it speaks no TLS, or look at its log");

    [Fact]
    public async Task A_user_where_there_are_none() => await IsToldAsync(
        $"{Server.ConnectionString};Username=root;Password={Wrong}",
        "knows no users; take user and password out of the connection string, or enable its authentication");

    [Fact]
    public async Task Users_and_passwords()
    {
        await using var own = new EtcdServer();
        await own.StartAsync();
        using var admin = Calls(own.ConnectionString);
        await AskAsync(admin, "auth/user/add", new JsonObject { ["name"] = "root", ["password"] = Secret });
        await AskAsync(admin, "auth/user/grant", new JsonObject { ["user"] = "root", ["role"] = "root" });
        await AskAsync(admin, "auth/user/add", new JsonObject { ["name"] = "limited", ["password"] = Secret });
        await AskAsync(admin, "auth/enable", []);

        await IsToldAsync(own.ConnectionString, "wants a user and a password; set them in the connection string");
        await IsToldAsync($"{own.ConnectionString};Username=root;Password={Wrong}", "refused the user or the password; correct them in the connection string");
        await IsToldAsync(
            $"{own.ConnectionString};Username=limited;Password={Secret}",
            "refused this user a key (permission denied); grant its role readwrite on the prefixes 'election:' and '<election name>/'");

        var store = Store($"http://root:{Secret}@127.0.0.1:{own.Port}");
        var grant = await Acquire(store, Stand("node-1"));
        Assert.Equal("node-1", (await SightedAsync(store, s => s.Leader is not null)).Leader?.NodeId);
        // A server that was restarted knows no token that it gave before, as if all had expired.
        await own.RestartAsync(keepData: true);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), Ending));
        await store.ReleaseAsync(grant.Term, Ending);
    }

    [Fact]
    public async Task Certificates_of_both_sides()
    {
        using var authority = new TestAuthority();
        var flags = $"--cert-file {authority.Certificate("server")} --key-file {authority.Key("server")}";
        await using (var server = EtcdServer.With(flags))
        {
            await server.StartAsync();
            await IsToldAsync($"http://127.0.0.1:{server.Port}", "write https:// if it wants TLS");
            await IsToldAsync($"https://127.0.0.1:{server.Port}", "shows a TLS certificate that is not trusted; correct its name, or name who signed it (CaFile)");
            await LeadsAsync($"https://127.0.0.1:{server.Port};CaFile={authority.File}");
        }

        await using var strict = EtcdServer.With($"{flags} --client-cert-auth --trusted-ca-file {authority.File}");
        await strict.StartAsync();
        await IsToldAsync($"https://127.0.0.1:{strict.Port};CaFile={authority.File}", "client certificate");
        await LeadsAsync(
            $"https://127.0.0.1:{strict.Port};CaFile={authority.File};CertificateFile={authority.Certificate("client")};KeyFile={authority.Key("client")}");
    }

    [Fact]
    public void A_certificate_that_is_not_there_is_said_before_anything_is_asked()
    {
        var wrong = Assert.Throws<ArgumentException>(() => Store("https://127.0.0.1:1;CaFile=/nowhere/ca.pem"));
        Assert.StartsWith("etcd 127.0.0.1:1: its certificates cannot be read (", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://a:1,http://b", "a:1, b:2379", null, null)]
    [InlineData("https://u:p%40x@a:1,https://b:2", "a:1, b:2", "u", "p@x")]
    [InlineData("http://a:1;username=u;PASSWORD=p=q", "a:1", "u", "p=q")]
    public void A_connection_string_is_read(string text, string shown, string? user, string? password)
    {
        var options = EtcdOptions.Parse(text);
        Assert.Equal((shown, user, password), (options.ToString(), options.Username, options.Password));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:1")]
    [InlineData("ftp://a:1")]
    [InlineData("http://a:1/path")]
    [InlineData("http://a:1;Nothing=1")]
    [InlineData("http://a:1;Password")]
    [InlineData("http://a:1;Password=hidden;Password=hidden")]
    public void A_connection_string_that_cannot_be_read_is_not_repeated(string text)
    {
        var wrong = Assert.Throws<FormatException>(() => EtcdOptions.Parse(text));
        Assert.DoesNotContain("hidden", wrong.ToString(), StringComparison.Ordinal);
    }

    private async Task LeadsAsync(string connectionString)
    {
        var store = Store(connectionString);
        await store.ReleaseAsync((await Acquire(store, Stand("node-1"))).Term, Ending);
    }

    private async Task IsToldAsync(string connectionString, string what)
    {
        var options = EtcdOptions.Parse(connectionString);
        var trouble = await Assert.ThrowsAsync<StoreUnavailableException>(() => Acquire(Store(connectionString), Stand("node-1", TimeSpan.FromSeconds(3))));
        Assert.StartsWith($"etcd {options} ", trouble.Message, StringComparison.Ordinal);
        Assert.Contains(what, trouble.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', trouble.Message);
        foreach (var secret in (string[])[Wrong, Secret])
            Assert.DoesNotContain(secret, trouble.ToString(), StringComparison.Ordinal);
    }
}
