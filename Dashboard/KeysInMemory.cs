using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace AspireElection.Dashboard;

/// <summary>
/// The page hands out nothing that a key would have to protect beyond the process; without this, the framework writes
/// keys into the user's home folder.
/// </summary>
internal sealed class KeysInMemory : IXmlRepository
{
    private readonly ConcurrentQueue<XElement> _keys = new();

    public static void Configure(KeyManagementOptions options) => options.XmlRepository = new KeysInMemory();

    public IReadOnlyCollection<XElement> GetAllElements() => [.. _keys];

    public void StoreElement(XElement element, string friendlyName) => _keys.Enqueue(element);
}
