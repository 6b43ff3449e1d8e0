// Each topology takes both cores of a small machine for its start: two at once would only time each other out.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
