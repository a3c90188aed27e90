/** The contract suites that a whole test run has to run. One that is missing or did not reach its end makes the run fail. */
export const requiredSuites: readonly string[] = ['local', 'local behind chaos', 'local behind logged'];
