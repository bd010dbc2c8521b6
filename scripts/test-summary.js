// Prints "N passed, N failed" from vitest's JSON report, whose path is the only argument.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
// A file that could not even be loaded failed too, though it has no tests to count.
const brokenFiles = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${numFailedTests + brokenFiles} failed${skipped}`);
