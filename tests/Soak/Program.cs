using AspireElection.Faults.Soaks;

// ./test soak: random faults for as long as asked.
return await SoakCommand.RunAsync(args);
