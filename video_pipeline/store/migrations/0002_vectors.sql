-- The embedded default for vectors. Pinecone, the other choice, keeps its own.
--
-- No foreign key to chunks: the index is a store of its own, emptied by whoever replaces or erases a video's passages,
-- as with Pinecone. The column names no dimension, since models differ in it; a model's vectors are all alike.

create extension if not exists vector;

create table embeddings (
    model         text not null,
    chunk_id      uuid not null,
    video_id      uuid not null,
    position      integer not null,
    start_seconds double precision not null,
    end_seconds   double precision not null,
    speakers      text[] not null default '{}',
    day           date not null,
    embedding     vector not null,
    primary key (model, chunk_id)
);
create index embeddings_by_video on embeddings (video_id);
