using System.Reflection;
using AspireElection.AppHost.Servers;
using AspireElection.Stores.Tests.Servers;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>A running server as another world's object: twenty worlds need no twenty servers.</summary>
internal static class AttachedServer
{
    private static readonly string[] s_where = [nameof(LocalServer.Port), nameof(LocalServer.Password), nameof(LocalServer.Folder)];

    /// <summary>An object of the fresh copy <paramref name="type"/> of the server's type, at the same address; it can be neither started nor harmed.</summary>
    public static object AttachedAs(this RealServer server, Type type)
    {
        var attached = Activator.CreateInstance(type)!;
        var (mine, its) = (AddressOf(server), AddressOf(attached));
        foreach (var property in s_where)
            its.GetType().GetProperty(property)!.SetValue(its, mine.GetType().GetProperty(property)!.GetValue(mine));
        return attached;
    }

    private static object AddressOf(object server) =>
        server.GetType().BaseType!.GetField("_server", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(server)!;
}
