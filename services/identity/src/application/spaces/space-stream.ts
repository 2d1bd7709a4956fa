export const spaceStream = (spaceId: string): string => `space-${spaceId}`;
