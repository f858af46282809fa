/** For tests that promise a time: whatever else the machine does only adds to it. */
export const timing = { retry: 2 };
