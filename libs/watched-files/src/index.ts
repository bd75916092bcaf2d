/**
 * Files that are read again when they change.
 *
 * @module @fairlead/watched-files
 */
export { WatchedFile, type FileWatcher } from './watched-file.js';
export { WatchedFiles } from './watched-files.js';
