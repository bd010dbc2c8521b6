import { defaultImageSettings, type ImageSettings } from '../shared/images/recallSettings.ts';

/** The choices of the demo. */
export interface DemoSettings extends ImageSettings {
  /** A data set, an IDX file of images, or a folder with one. */
  readonly data: string;
}

export const defaultDemoSettings: DemoSettings = { data: 'fashion-mnist', ...defaultImageSettings };

export const quickDemoSettings: DemoSettings = { ...defaultDemoSettings, items: 200, queries: 20 };
