using System.Reflection;
using AspireElection.Stores.Tests.Servers;
using AspireElection.Tests.Mistakes;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace AspireElection.Stores.Tests.Mistakes;

/// <summary>Runs facts of this assembly in a mistaken world, as xunit runs them in this one, on servers of this one.</summary>
internal sealed class FactRun(MistakenWorld world, IReadOnlyList<RealServer> servers) : ITestOutputHelper
{
    /// <summary>Above every bound of the facts themselves.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>What a fact complains of; null when it passes with all its data.</summary>
    public async Task<string?> ComplaintOfAsync(Fact fact)
    {
        var method = world.Copy(fact.Class).GetMethod(fact.Method)
            ?? throw new InvalidOperationException($"{fact.Class.Name} has no fact {fact.Method} any more.");
        var data = fact.Data is { } one ? [one] : method.GetCustomAttributes<DataAttribute>().SelectMany(d => d.GetData(method)).ToList();
        foreach (var values in data.Count > 0 ? data : [[]])
        {
            if (await ComplaintOfAsync(method, values) is { } complaint)
                return complaint;
        }

        return null;
    }

    public void WriteLine(string message)
    {
        // What facts measure is of no interest in a world with a mistake.
    }

    public void WriteLine(string format, params object[] args)
    {
        // See above.
    }

    private async Task<string?> ComplaintOfAsync(MethodInfo method, object?[] values)
    {
        var arguments = method.ReflectedType!.GetConstructors().Single().GetParameters().Select(ArgumentOf).ToArray();
        var facts = Activator.CreateInstance(method.ReflectedType, arguments)!;
        var lifetime = facts as IAsyncLifetime;
        try
        {
            await (lifetime?.InitializeAsync() ?? Task.CompletedTask).WaitAsync(s_limit);
            await ((Task)method.Invoke(facts, values)!).WaitAsync(s_limit);
            return null;
        }
        catch (Exception exception)
        {
            return exception.GetBaseException() is var cause && cause is XunitException
                ? cause.Message.ReplaceLineEndings(" ")
                : $"{cause.GetType().Name}: {cause.Message.ReplaceLineEndings(" ")}";
        }
        finally
        {
            await (lifetime?.DisposeAsync() ?? Task.CompletedTask).WaitAsync(s_limit);
        }
    }

    private object ArgumentOf(ParameterInfo parameter) => parameter.ParameterType == typeof(ITestOutputHelper)
        ? this
        : servers.Single(s => s.GetType().Name == parameter.ParameterType.Name).AttachedAs(parameter.ParameterType);
}

/// <summary>One fact by its name; of a theory all that it says, or what it says of one set of data.</summary>
internal sealed record Fact(Type Class, string Method, object?[]? Data = null);
