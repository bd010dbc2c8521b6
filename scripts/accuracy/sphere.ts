import { Random } from '../../lib/core/random.ts';
import { type FloatArray, VonMisesFisherMemory } from '../../lib/index.ts';
import type { Precision } from './problems.ts';
import { ErrorTable, type Judge } from './tables.ts';

const dimensions = [2, 3, 20, 784];
/** Concentrations, a column each. */
const kappas = [0.01, 1, 100, 10_000];
const [units, classes, rowCount, problemCount] = [4, 2, 5, 5];

/** The errors of the densities of von Mises-Fisher mixtures. */
export async function sphereTable(precision: Precision, judge: Judge): Promise<string> {
  const table = new ErrorTable();
  const random = new Random(3);
  for (const kappa of kappas) {
    for (const dimension of dimensions) {
      for (let problem = 0; problem < problemCount; problem++) {
        table.add(`kappa ${kappa}`, await judge(await problemOf(dimension, kappa, precision, random)));
      }
    }
  }
  return table.markdown();
}

async function problemOf(dimension: number, kappa: number, precision: Precision, random: Random): Promise<object> {
  const memories = directions(units, dimension, precision, random);
  const values = directions(rowCount, dimension, precision, random);
  // Some rows lie at a memory, where densities are greatest.
  values.set(memories.subarray(0, dimension));
  const shares = Float64Array.from({ length: (units + 1) * (classes + 1) }, () => random.uniform());
  const sum = shares.reduce((total, share) => total + share, 0);
  const weights = { rows: units + 1, columns: classes + 1, data: shares.map((share) => share / sum) };
  const parameters = { dimension, hiddenUnits: units, classes, beta: kappa, betaScale: 1, memories };
  const memory = await VonMisesFisherMemory.from({ ...parameters, classWeights: weights });
  const batch = { count: rowCount, dimension, values };
  return {
    kind: 'sphere',
    dimension,
    kappa,
    memories: rowsOf(memories, dimension),
    rows: rowsOf(values, dimension),
    classWeights: rowsOf(weights.data, classes + 1),
    answers: {
      logDensity: rowsOf((await memory.logDensity(batch)).data, classes + 1),
      probabilities: rowsOf((await memory.predictProbabilities(batch)).data, classes + 1),
    },
  };
}

function directions(count: number, dimension: number, precision: Precision, random: Random): FloatArray {
  const rows = Array.from({ length: count }, () => {
    const row = Array.from({ length: dimension }, () => random.normal());
    const norm = Math.hypot(...row);
    return row.map((x) => x / norm);
  });
  return (precision === 'float64' ? Float64Array : Float32Array).from(rows.flat());
}

const rowsOf = (values: FloatArray, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => Array.from(values.subarray(i * width, (i + 1) * width)));
