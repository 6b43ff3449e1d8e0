namespace AspireElection;

internal static class Placeholder;
