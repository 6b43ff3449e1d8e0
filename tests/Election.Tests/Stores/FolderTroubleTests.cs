using System.Diagnostics;
using System.Runtime.InteropServices;
using AspireElection.Stores.Files;
using AspireElection.Timing;
using Xunit.Abstractions;

namespace AspireElection.Stores;

/// <summary>A folder that cannot be used, a disk that is full: said in one line, and nothing is left behind.</summary>
public sealed class FolderTroubleTests(ITestOutputHelper output) : FolderFixture
{
    [Fact]
    public void A_folder_that_this_user_may_not_write_is_named_in_one_line()
    {
        var told = AsOrdinaryUser(() => NewStore().AcquireAsync(Stand("node-1"), default).AsTask().GetAwaiter().GetResult());
        Assert.Contains($"'{Layout.Root}' cannot be used", told.Message, StringComparison.Ordinal);
        Assert.Contains("Choose a folder that this user may create and write", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', told.Message);
    }

    [Fact]
    public async Task A_leader_whose_folder_may_not_be_written_any_more_is_told_and_goes_on_when_it_may_again()
    {
        var store = NewStore();
        var grant = await Campaign(store, Stand("node-1"));
        var told = AsOrdinaryUser(() => store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), default).AsTask().GetAwaiter().GetResult());
        Assert.Contains(Layout.Root, told.Message, StringComparison.Ordinal);
        Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(grant.Term, TimeSpan.FromMinutes(1), default));
    }

    [Fact]
    public async Task A_folder_on_a_read_only_disk_is_named_to_root_as_well()
    {
        if (!Mounted("ro,size=64k"))
            return;
        try
        {
            await using var store = new FileStore(Folder, BootClock.Instance);
            var told = await Assert.ThrowsAsync<StoreUnavailableException>(() => Campaign(store, Stand("node-1")));
            Assert.Contains($"'{Layout.Root}' cannot be used", told.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', told.Message);
        }
        finally
        {
            Run("umount", Folder);
        }
    }

    [Fact]
    public async Task A_full_disk_is_told_leaves_nothing_behind_and_costs_a_leader_nothing_once_there_is_room()
    {
        if (!Mounted("size=128k"))
            return;
        try
        {
            await using var store = new FileStore(Folder, BootClock.Instance);
            var grant = await Campaign(store, Stand("node-1"));
            var term = new Term("jobs", grant.Term.Candidate, grant.Term.Token);
            var filler = Path.Combine(Folder, "filler");
            Fill(filler);

            for (var attempt = 0; attempt < 10; attempt++)
            {
                var told = await Assert.ThrowsAsync<StoreUnavailableException>(
                    () => store.RenewAsync(term, TimeSpan.FromMinutes(1), default).AsTask());
                Assert.Contains("space", told.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', told.Message);
            }

            Assert.Empty(Directory.GetFiles(Path.Combine(Layout.Root, "tmp")));
            // A newcomer of another election: what it could not write must not keep the seat.
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AcquireAsync(
                new Candidacy("other", new CandidateId("node-2", "x"), TimeSpan.FromMinutes(1)), default).AsTask());
            if (Directory.Exists(Layout.SeatOf("other")))
                Assert.Empty(Directory.GetFiles(Layout.SeatOf("other"), "*.term"));
            File.Delete(filler);
            Assert.Equal(RenewAnswer.Renewed, await store.RenewAsync(term, TimeSpan.FromMinutes(1), default));
        }
        finally
        {
            Run("umount", "-l", Folder);
        }
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_made()
    {
        await using var store = new FileStore(Path.Combine(Folder, "not", "there", "yet"), BootClock.Instance);
        await Campaign(store, Stand("node-1")).WaitAsync(Bound);
    }

    private static void Fill(string filler)
    {
        var block = new byte[1024];
        using var stream = new FileStream(filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (stream.Length < 1 << 20)
                stream.Write(block);
            Assert.Fail("the disk of the test is larger than it was made");
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private bool Mounted(string options)
    {
        var mounted = Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", options, "none", Folder);
        if (!mounted)
            output.WriteLine("Not run: this user may not mount a small disk.");
        return mounted;
    }

    private static bool Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true });
        return process!.WaitForExit(Bound) && process.ExitCode == 0;
    }

    /// <summary>The folder without write permission. Root may write everywhere: its thread is given the file rights of nobody for as long as this takes.</summary>
    private StoreUnavailableException AsOrdinaryUser(Action use)
    {
        Exception? thrown = null;
        Assert.True(Run("chmod", "-R", "a-w", Folder));
        var thread = new Thread(() =>
        {
            if (Environment.IsPrivilegedProcess)
                _ = SetFileUser(65534);
            thrown = Record.Exception(use);
        });
        thread.Start();
        Assert.True(thread.Join(Bound));
        Assert.True(Run("chmod", "-R", "u+w", Folder));
        return Assert.IsType<StoreUnavailableException>(thrown);
    }

    /// <summary>Of the calling thread alone, which ends after it.</summary>
    [DllImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFileUser(uint user);
}
