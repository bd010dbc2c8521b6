// Prints "N passed, N failed" from vitest's JSON report, the first argument, after the lines that the tests reached,
// from the summary of their coverage, the second.
import { existsSync, readFileSync } from 'node:fs';

const [report, coverage] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

if (coverage !== undefined && existsSync(coverage)) {
  const { lines, branches } = read(coverage).total;
  console.log(`coverage: ${lines.pct} % of lines, ${branches.pct} % of branches`);
}

const { numPassedTests, numFailedTests, numPendingTests, testResults } = read(report);
// A file that could not even be loaded failed too, though it has no tests to count.
const brokenFiles = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
console.log(`${numPassedTests} passed, ${numFailedTests + brokenFiles} failed${skipped}`);
