using Npgsql;
using NpgsqlTypes;

namespace AspireElection.Stores.Postgres;

/// <summary>Positional parameters, <c>$1</c> first.</summary>
internal static class Parameters
{
    public static NpgsqlParameterCollection With<T>(this NpgsqlParameterCollection parameters, T value)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return parameters;
    }

    public static NpgsqlParameterCollection WithText(this NpgsqlParameterCollection parameters, string? value)
    {
        parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value });
        return parameters;
    }

    /// <summary>Who writes under which term: election, token, node, incarnation.</summary>
    public static NpgsqlParameterCollection WithTerm(this NpgsqlParameterCollection parameters, Term term) =>
        parameters.With(term.Election).With(term.Token).With(term.Candidate.NodeId).With(term.Candidate.Incarnation);
}
