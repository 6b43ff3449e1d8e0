using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AspireElection.Stores.Tests.Etcd;

/// <summary>Signs certificates for a test, in a folder that everybody may read: the server runs under another account.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("election-certificates-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        if (!OperatingSystem.IsWindows())
            _folder.UnixFileMode = Readable;
        var request = new CertificateRequest("CN=Election tests", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
        Sign("server");
        Sign("client");
    }

    public string File => Path.Combine(_folder.FullName, "ca.pem");

    public string Certificate(string name) => Path.Combine(_folder.FullName, $"{name}.pem");

    public string Key(string name) => Path.Combine(_folder.FullName, $"{name}.key");

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Sign(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        // Both uses: with client certificates etcd's gateway shows the server's own to itself.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var signed = request.Create(_certificate, DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddMinutes(30), RandomNumberGenerator.GetBytes(8));
        System.IO.File.WriteAllText(Certificate(name), signed.ExportCertificatePem());
        System.IO.File.WriteAllText(Key(name), key.ExportECPrivateKeyPem());
    }
}
