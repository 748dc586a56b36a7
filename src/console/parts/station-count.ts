/**
 * So many stations, in words. Must not know which.
 */

/** "1 station", "1,204 stations" */
export const stationCount = (stations: number): string =>
  `${stations.toLocaleString("en")} ${stations === 1 ? "station" : "stations"}`;
