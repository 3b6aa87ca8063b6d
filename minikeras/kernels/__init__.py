"""How numbers are computed: functions from arrays to arrays, in exchangeable sets."""
