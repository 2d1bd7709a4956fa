import { imageNameOf } from './image-name.ts';

describe('The name of an image', () => {
  it('has a tag or a digest, so that it is never taken for the beginning of an id', () => {
    expect(imageNameOf('f00d')).toBe('f00d:latest');
    expect(imageNameOf('registry:5000/lab/tool')).toBe('registry:5000/lab/tool:latest');
    for (const whole of ['lab/tool:1', 'registry:5000/lab/tool:1', `lab/tool@sha256:${'a'.repeat(64)}`])
      expect(imageNameOf(whole)).toBe(whole);
  });

  it('leads nowhere else in the API of the engine', () => {
    for (const path of ['a/../../containers/other', 'a/./b', 'a//b', 'a/'])
      expect(() => imageNameOf(path)).toThrow('not the name of an image');
  });

  it('is not an id', () => {
    for (const id of ['sha256:f00d', `sha256:${'a'.repeat(64)}`, 'a'.repeat(64)]) expect(() => imageNameOf(id)).toThrow('not by its id');
  });
});
