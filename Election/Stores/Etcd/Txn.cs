using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace AspireElection.Stores.Etcd;

/// <summary>One atomic step: comparisons, what is done when all hold, and what is done when one does not.</summary>
internal sealed class Txn
{
    private readonly JsonArray _compare = [];
    private readonly JsonArray _success = [];
    private readonly JsonArray _failure = [];

    public JsonObject Body => new() { ["compare"] = _compare, ["success"] = _success, ["failure"] = _failure };

    /// <summary>Whether a key was created in a revision; 0 means that there is no such key.</summary>
    public Txn IfCreated(string key, long revision) => If(key, "CREATE", "create_revision", Text(revision));

    /// <summary>Whether a key was last written in a revision; 0 means that there is no such key.</summary>
    public Txn IfModified(string key, long revision) => If(key, "MOD", "mod_revision", Text(revision));

    public Txn IfValue(string key, string value) => If(key, "VALUE", "value", Base64(value));

    /// <summary>Whether the values of all keys that begin so come before a text, byte by byte; false where there is no such key.</summary>
    public Txn IfAllBelow(string prefix, string text) => IfAllBelow(prefix, EtcdKeys.EndOf(prefix), text);

    /// <summary>The same for the keys from the first to before the end.</summary>
    public Txn IfAllBelow(string first, byte[] end, string text) => If(first, end, "VALUE", "LESS", "value", Base64(text));

    /// <summary>Whether all keys from the first to before the end were created in a revision or after it.</summary>
    public Txn IfNoneOlder(string first, byte[] end, long created) =>
        If(first, end, "CREATE", "GREATER", "create_revision", Text(created - 1));

    /// <summary>Whether there is no key from the first to before the end.</summary>
    public Txn IfNone(string first, byte[] end) => If(first, end, "CREATE", "EQUAL", "create_revision", Text(0));

    public Txn Then(params JsonObject[] operations) => Add(_success, operations);

    public Txn Else(params JsonObject[] operations) => Add(_failure, operations);

    public static JsonObject Put(string key, string value, long lease = 0)
    {
        var put = new JsonObject { ["key"] = Base64(key), ["value"] = Base64(value) };
        if (lease != 0)
            put["lease"] = Text(lease);
        return new JsonObject { ["request_put"] = put };
    }

    public static JsonObject Delete(string key) => new() { ["request_delete_range"] = new JsonObject { ["key"] = Base64(key) } };

    /// <summary>Another step, as one operation of this one.</summary>
    public static JsonObject Inner(Txn step) => new() { ["request_txn"] = step.Body };

    public static JsonObject Get(string key) => new() { ["request_range"] = Range(key) };

    public static JsonObject GetAll(string prefix) => new() { ["request_range"] = RangeOf(prefix) };

    /// <summary>In the order in which they were created; all of them, or the first few.</summary>
    public static JsonObject GetInOrder(string prefix, int limit = 0) => new() { ["request_range"] = RangeInOrder(prefix, limit) };

    public static JsonObject RangeInOrder(string prefix, int limit)
    {
        var range = RangeOf(prefix);
        (range["sort_target"], range["sort_order"], range["limit"]) = ("CREATE", "ASCEND", Text(limit));
        return range;
    }

    public static JsonObject Range(string key) => new() { ["key"] = Base64(key) };

    public static JsonObject RangeOf(string prefix) =>
        new() { ["key"] = Base64(prefix), ["range_end"] = Convert.ToBase64String(EtcdKeys.EndOf(prefix)) };

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Txn If(string key, string target, string name, string value)
    {
        _compare.Add(new JsonObject { ["key"] = Base64(key), ["target"] = target, ["result"] = "EQUAL", [name] = value });
        return this;
    }

    private Txn If(string first, byte[] end, string target, string result, string name, string value)
    {
        _compare.Add(new JsonObject
        {
            ["key"] = Base64(first),
            ["range_end"] = Convert.ToBase64String(end),
            ["target"] = target,
            ["result"] = result,
            [name] = value,
        });
        return this;
    }

    private Txn Add(JsonArray list, JsonObject[] operations)
    {
        foreach (var operation in operations)
            list.Add(operation);
        return this;
    }
}
