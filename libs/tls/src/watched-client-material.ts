// What a TLS client connects with, kept up to date: its files are read again when they change.
import { WatchedFiles } from '@fairlead/watched-files';
import { expiryOf } from './certificate.js';
import { clientPathsOf, readClientMaterial, type ClientFiles, type ClientMaterial } from './client-material.js';
import { readAgain } from './reload.js';

/** What the user of {@link WatchedClientMaterial} wants to know of it. */
export interface ClientMaterialWatcher {
  /** New connections use this from now on. `changes` says what is new, such as `ca.pem was replaced`. */
  readonly onReplace: (material: ClientMaterial, changes: string) => void;
  /** The files have changed, and one of them cannot be used. Gets the reason, one sentence without a full stop. */
  readonly onRejection: (reason: string) => void;
}

/** Reads the files of a TLS client again when they change. A file that cannot be used changes nothing. */
export class WatchedClientMaterial {
  private readonly watched: WatchedFiles;

  /** @param current what was read of the files at the start. */
  constructor(
    private readonly files: ClientFiles,
    private current: ClientMaterial,
    private readonly watcher: ClientMaterialWatcher,
  ) {
    this.watched = new WatchedFiles(clientPathsOf(files), () => this.reload());
  }

  /** Notices changes from now on. */
  async start(): Promise<void> {
    if (clientPathsOf(this.files).length > 0) await this.watched.start();
  }

  /** Nothing is called any more. */
  stop(): void {
    this.watched.stop();
  }

  private reload(): void {
    const { files, current, watcher } = this;
    const next = readAgain(() => readClientMaterial(files), current, watcher.onRejection);
    if (!next) return;
    this.current = next;
    const authorities = next.authorities === current.authorities ? [] : [`${files.authorities} was replaced`];
    const certificates = next.certificate ? [expiryOf(next.certificate)] : [];
    watcher.onReplace(next, [...authorities, ...certificates].join(', '));
  }
}
