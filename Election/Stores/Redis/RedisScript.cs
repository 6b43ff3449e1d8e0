using System.Security.Cryptography;
using System.Text;

namespace AspireElection.Stores.Redis;

/// <summary>A Lua script of this folder, and the hash under which a server keeps it.</summary>
internal sealed class RedisScript
{
    private RedisScript(params string[] files)
    {
        Text = string.Concat(files.Select(Read));
#pragma warning disable CA5350 // EVALSHA names scripts by SHA-1; nothing is kept secret with it.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(Text));
#pragma warning restore CA5350
    }

    public static RedisScript Acquire { get; } = new("Seat", "Acquire");

    public static RedisScript Renew { get; } = new("Seat", "Renew");

    public static RedisScript Release { get; } = new("Seat", "Release");

    public static RedisScript Withdraw { get; } = new("Seat", "Withdraw");

    public static RedisScript Look { get; } = new("Seat", "Look");

    public static RedisScript Heartbeat { get; } = new("Seat", "Heartbeat");

    public static RedisScript Leave { get; } = new("Seat", "Leave");

    public static RedisScript RemoveStale { get; } = new("Seat", "RemoveStale");

    public static RedisScript Write { get; } = new("Fence", "Write");

    public static RedisScript Append { get; } = new("Fence", "Append");

    public static RedisScript FencedSet { get; } = new("Fence", "FencedSet");

    public string Text { get; }

    public byte[] Hash { get; }

    private static string Read(string file)
    {
        var name = $"{typeof(RedisScript).Namespace}.Scripts.{file}.lua";
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
