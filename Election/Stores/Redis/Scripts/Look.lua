-- The seat as it is now.
return state()
